// Takes webhooks and says of each, on one line, what it is and whether it proves where it comes from.
//   SECRET=… node listener.mjs PORT [DIR]      GitHub: event, action, delivery id, size, whether its signature holds
//   AUTHORIZATION=… node listener.mjs PORT [DIR]      Unleash: event, id, size, whether that header is as said
// With DIR each body is kept there as N-EVENT.json, its headers beside it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, dir] = process.argv.slice(2)
const { SECRET = '', AUTHORIZATION } = process.env
let count = 0

const same = (got = '', want) => got.length === want.length && timingSafeEqual(Buffer.from(got), Buffer.from(want))
const verdict = good => (good ? 'good' : 'BAD')

function github(headers, body, json) {
  const { 'x-github-event': event, 'x-github-delivery': delivery, 'x-hub-signature-256': got } = headers
  const want = 'sha256=' + createHmac('sha256', SECRET).update(body).digest('hex')
  const { action = '?' } = json
  return { event, line: `event=${event} action=${action} delivery=${delivery} bytes=${body.length} signature=${verdict(same(got, want))}` }
}

function unleash(headers, body, { type: event, id, featureName, environment }) {
  const good = verdict(same(headers.authorization, AUTHORIZATION))
  return { event, line: `event=${event} id=${id} flag=${featureName} environment=${environment} bytes=${body.length} authorization=${good}` }
}

createServer((request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk)).on('end', () => {
    const body = Buffer.concat(chunks)
    let json
    try { json = JSON.parse(body) } catch { json = {} }
    const { event, line } = (AUTHORIZATION ? unleash : github)(request.headers, body, json)
    count += 1
    if (dir) {
      writeFileSync(`${dir}/${count}-${event}.json`, body)
      writeFileSync(`${dir}/${count}-${event}.headers.json`, JSON.stringify(request.headers, null, 1))
    }
    console.log(`${request.method} ${request.url} ${line}`)
    response.writeHead(200).end()
  })
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`))
