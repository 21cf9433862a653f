# shellcheck shell=bash
# Sourced after lib.sh and npm.sh: a GitHub with an App, played by the npm package `emulate`, pinned in package.json.
#
# start_github WEBHOOK_URL exports HEARBACK_TEST_GITHUB_EMULATOR, facts as `name=value` with a space between:
# api= app_id= key= installation= repo= admin_token= writer_token= outsider_token= webhook_url= webhook_secret=

# Sets NODE and EMULATE.
install_github() {
  install_npm
  EMULATE=$NODE_MODULES/emulate/dist/index.js
}

# app_jwt KEY APP_ID : what an App signs in with.
app_jwt() {
  local b64='openssl base64 -A' now head body
  now=$(date +%s)
  head=$(printf '{"alg":"RS256","typ":"JWT"}' | $b64 | tr '+/' '-_' | tr -d '=')
  body=$(printf '{"iat":%d,"exp":%d,"iss":"%s"}' $((now - 60)) $((now + 540)) "$2" | $b64 | tr '+/' '-_' | tr -d '=')
  printf '%s.%s.%s' "$head" "$body" "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign "$1" | $b64 | tr '+/' '-_' | tr -d '=')"
}

# installation_token API KEY APP_ID INSTALLATION
installation_token() {
  curl -fsS --max-time 10 -X POST -H "Authorization: Bearer $(app_jwt "$2" "$3")" -H 'Accept: application/vnd.github+json' \
    "$1/app/installations/$4/access_tokens" | jq -er .token
}

start_github() {
  local url=$1 port api secret key=$PEERS_TMP/app.pem seed=$PEERS_TMP/github.yaml
  need curl curl; need jq jq; need openssl openssl
  install_github
  pick_port port
  api=http://127.0.0.1:$port
  secret=$(openssl rand -hex 20)
  # GitHub hands out PKCS#1, "BEGIN RSA PRIVATE KEY".
  (umask 077; openssl genrsa -traditional -out "$key" 2048 2>/dev/null)
  (umask 077; WEBHOOK_URL=$url WEBHOOK_SECRET=$secret awk -v pem="$key" '
    /^@PRIVATE_KEY@/ { while ((getline line < pem) > 0) print "        " line; next }
    { gsub(/@WEBHOOK_URL@/, ENVIRON["WEBHOOK_URL"]); gsub(/@WEBHOOK_SECRET@/, ENVIRON["WEBHOOK_SECRET"]); print }' "$PEERS/github.seed.yaml" >"$seed")
  start github "$NODE" "$EMULATE" start --service github --host 127.0.0.1 --port "$port" --base-url "$api" --seed "$seed"
  await github 30 curl -fsS --max-time 2 "$api/meta"
  installation_token "$api" "$key" 12345 100 >/dev/null || die "the GitHub emulator gave the App no installation token"
  export HEARBACK_TEST_GITHUB_EMULATOR="api=$api app_id=12345 key=$key installation=100 repo=acme/shop admin_token=admin_token writer_token=writer_token outsider_token=outsider_token webhook_url=$url webhook_secret=$secret"
  echo "GitHub emulator on $api, its webhooks go to $url"
}
