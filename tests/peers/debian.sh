# shellcheck shell=bash
# Sourced after lib.sh: programs out of Debian packages without installing them, so that no service of theirs starts.

# unpack NAME PACKAGE : sets NAME to a folder below the build directory that holds what the package installs.
unpack() {
  local home=${CARGO_TARGET_DIR:-$PEERS/../../target}/peers/debian/$2
  command -v apt-get >/dev/null || die "no Debian here to take $2 from: set PROMETHEUS_BIN, PROMTOOL_BIN and CLICKHOUSE_SERVER_BIN to the programs"
  mkdir -p "$home"
  home=$(cd "$home" && pwd)
  printf -v "$1" '%s' "$home"
  (
    flock 9
    [ ! -e "$home/unpacked" ] || exit 0
    echo "fetching the Debian package $2"
    cd "$home"
    # Package lists may be missing or old.
    apt-get download -q "$2" || { as_root apt-get update -qq && apt-get download -q "$2"; } || exit 1
    dpkg -x "$2"_*.deb . && rm -f "$2"_*.deb && touch unpacked
  ) 9>"$home/lock" >"$PEERS_TMP/$2.fetch.log" 2>&1 \
    || { tail -5 "$PEERS_TMP/$2.fetch.log" >&2; die "can't fetch the Debian package $2, see above"; }
}
