# shellcheck shell=bash
# Sourced by tests/run and by try-github.sh: starting, awaiting and ending other people's servers.
# Expects `set -euo pipefail`. Everything lives below $PEERS_TMP and ends with peers_down.
#
# peers_up and everything that starts a server must run in the main shell, not in $(…): the servers are tied to
# the life of the shell that started them.

# shellcheck disable=SC2034 # for those who source this
PEERS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PEER_PIDS=()
PEER_PORTS=" "

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

peers_up() {
  PEERS_TMP=$(mktemp -d "${TMPDIR:-/tmp}/hearback-peers.XXXXXX")
  # The database runs as another user when we are root, and has to reach its own folder in here.
  chmod 711 "$PEERS_TMP"
}

# Ends what was started, newest first, by process group; then removes its files. Safe to call twice.
peers_down() {
  local i pid
  for ((i = ${#PEER_PIDS[@]} - 1; i >= 0; i--)); do
    pid=${PEER_PIDS[i]}
    # INT is PostgreSQL's fast shutdown, and ends node as well.
    kill -INT -- "-$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  PEER_PIDS=()
  [ -z "${PEERS_TMP:-}" ] || rm -rf "$PEERS_TMP"
}

# as_root COMMAND... : directly, or through sudo where that asks for nothing.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# need_packages WHY PACKAGE... : installs Debian packages, or says what a person has to do.
need_packages() {
  local why=$1; shift
  command -v apt-get >/dev/null || die "$why: install the equivalent of Debian's $* and run this again"
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    die "$why: run 'sudo apt-get install $*' and run this again (sudo asks for a password here)"
  fi
  echo "installing $* ($why)"
  # Package lists may be missing or old; a failed refresh still leaves a usable list now and then.
  as_root apt-get update -qq >/dev/null || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >"$PEERS_TMP/apt.log" 2>&1 \
    || { tail -20 "$PEERS_TMP/apt.log" >&2; die "$why: 'apt-get install $*' failed, see above"; }
}

# need COMMAND PACKAGE... : a command, and the packages that bring it.
need() {
  local command=$1; shift
  command -v "$command" >/dev/null || need_packages "no '$command' here" "$@"
}

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# pick_port NAME : sets NAME to a free TCP port of 127.0.0.1, below the range that the kernel hands out by itself,
# so that a test's own port-0 listener cannot take it in between.
pick_port() {
  local candidate
  for _ in $(seq 200); do
    candidate=$((20000 + RANDOM % 12000))
    case $PEER_PORTS in *" $candidate "*) continue ;; esac
    if port_free "$candidate"; then
      PEER_PORTS+="$candidate "
      printf -v "$1" '%s' "$candidate"
      return
    fi
  done
  die "no free port between 20000 and 32000 on 127.0.0.1"
}

# start NAME COMMAND... : in a process group of its own, its output in $PEERS_TMP/NAME.log. It ends with this shell
# even where the shell is killed outright. (A change of user forgets that, so it has to be said again there.)
start() {
  local name=$1; shift
  setsid setpriv --pdeathsig INT "$@" >"$PEERS_TMP/$name.log" 2>&1 </dev/null &
  PEER_PIDS+=("$!")
  printf -v "PID_$name" '%s' "$!"
}

# await NAME SECONDS COMMAND... : until the command succeeds; fails at once where the server has ended.
await() {
  local name=$1 seconds=$2 pid="PID_$1"; shift 2
  for _ in $(seq $((seconds * 10))); do
    if "$@" >/dev/null 2>&1; then return; fi
    kill -0 "${!pid}" 2>/dev/null || { tail -20 "$PEERS_TMP/$name.log" >&2; die "$name ended before it was ready, see above"; }
    sleep 0.1
  done
  tail -20 "$PEERS_TMP/$name.log" >&2
  die "$name was not ready after $seconds s, see above"
}
