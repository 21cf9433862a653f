# shellcheck shell=bash
# Sourced after lib.sh, postgres.sh and npm.sh: a real Unleash, the npm package `unleash-server`, pinned in
# package.json, with a database of its own in the cluster that start_postgres started.
#
# start_unleash HOOK_URL HOOK_TOKEN exports HEARBACK_TEST_UNLEASH, facts as `name=value` with a space between:
# url= admin_token= hook_url= hook_token=. The webhook is sent to HOOK_URL with `Authorization: Bearer HOOK_TOKEN`.

# Sets NODE and UNLEASH.
install_unleash() {
  install_npm
  UNLEASH=$NODE_MODULES/unleash-server/dist/server.js
}

start_unleash() {
  local hook_url=$1 hook_token=$2 port url password events jar=$PEERS_TMP/unleash.cookies token
  need curl curl; need jq jq; need openssl openssl
  install_unleash
  pick_port port
  url=http://127.0.0.1:$port
  password=$(openssl rand -hex 16)
  "$PG_BIN/psql" -qAt "$HEARBACK_TEST_POSTGRES" -c 'create database unleash'
  # It would ask about new versions, send telemetry and refuse webhooks to private addresses if it were not told.
  start unleash env -i PATH="$PATH" HOME="$PEERS_TMP" NODE_ENV=production LOG_LEVEL=warn \
    DATABASE_URL="${HEARBACK_TEST_POSTGRES%/postgres}/unleash" DATABASE_SSL=false \
    HTTP_HOST=127.0.0.1 HTTP_PORT="$port" UNLEASH_URL="$url" UNLEASH_SECRET="$(openssl rand -hex 16)" \
    CHECK_VERSION=false SEND_TELEMETRY=false UNLEASH_ALLOW_PRIVATE_URL_IN_INTEGRATION=true \
    UNLEASH_DEFAULT_ADMIN_USERNAME=admin UNLEASH_DEFAULT_ADMIN_PASSWORD="$password" "$NODE" "$UNLEASH"
  await unleash 120 curl -fsS --max-time 2 "$url/health"

  # It reads its webhooks at the first event and keeps them for a minute, so the webhook has to be there before
  # anything happens. A token made at its start would be an event: therefore a person signs in and makes it after.
  jq -n --arg p "$password" '{username: "admin", password: $p}' | unleash_admin "$jar" POST "$url/auth/simple/login" >/dev/null
  events=$(unleash_admin "$jar" GET "$url/api/admin/addons" | jq -ce '[.providers[] | select(.name == "webhook").events[]]')
  jq -n --arg url "$hook_url" --arg auth "Bearer $hook_token" --argjson events "$events" '{
    provider: "webhook", enabled: true, description: "hearback", events: $events, environments: [], projects: [],
    parameters: {url: $url, authorization: $auth}
  }' | unleash_admin "$jar" POST "$url/api/admin/addons" >/dev/null
  token=$(jq -n '{description: "tests", expiresAt: "2099-01-01T00:00:00Z"}' \
    | unleash_admin "$jar" POST "$url/api/admin/user/tokens" | jq -er .secret)
  export HEARBACK_TEST_UNLEASH="url=$url admin_token=$token hook_url=$hook_url hook_token=$hook_token"
  echo "Unleash $(jq -r .version "${UNLEASH%/dist/*}/package.json") on $url, its webhooks go to $hook_url"
}

# unleash_admin COOKIES METHOD URL : a call by the person who signed in, its body from the input unless it is a GET.
unleash_admin() {
  local body=(-H 'Content-Type: application/json' --data @-)
  [ "$2" != GET ] || body=()
  curl -sS --fail-with-body --max-time 10 -b "$1" -c "$1" -X "$2" "${body[@]}" "$3" \
    || die "Unleash refused $2 ${3#*://*/}"
}
