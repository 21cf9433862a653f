// Takes webhooks and says of each, on one line: event, action, delivery id, size, and whether its signature holds.
//   SECRET=… node listener.mjs PORT [DIR]      with DIR each body is kept there as N-EVENT.json
import { createHmac, timingSafeEqual } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, dir] = process.argv.slice(2)
let count = 0

createServer((request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk)).on('end', () => {
    const body = Buffer.concat(chunks)
    const { 'x-github-event': event, 'x-github-delivery': delivery, 'x-hub-signature-256': got = '' } = request.headers
    const want = 'sha256=' + createHmac('sha256', process.env.SECRET ?? '').update(body).digest('hex')
    const good = got.length === want.length && timingSafeEqual(Buffer.from(got), Buffer.from(want))
    let action
    try { action = JSON.parse(body).action } catch { action = '?' }
    count += 1
    if (dir) {
      writeFileSync(`${dir}/${count}-${event}.json`, body)
      writeFileSync(`${dir}/${count}-${event}.headers.json`, JSON.stringify(request.headers, null, 1))
    }
    console.log(`${request.method} ${request.url} event=${event} action=${action} delivery=${delivery} bytes=${body.length} signature=${good ? 'good' : 'BAD'}`)
    response.writeHead(200).end()
  })
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`))
