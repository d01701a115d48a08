#!/usr/bin/env bash
# Two hosts of this machine: network namespaces with names and folders for
# temporary files of their own, joined by one cable. R runs on the first, with a
# worker on each, by PSOCK. Needs root and iproute2; what it makes, it removes.
#   bash tools/two-hosts.sh [POINTS, 1e5]
set -euo pipefail
cd "$(dirname "$0")/.."

a=rkeops-a b=rkeops-b
work=$(mktemp -d)
remove() {
  ip netns pids "$a" 2>/dev/null | xargs -r kill
  ip netns pids "$b" 2>/dev/null | xargs -r kill
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -rf "$work"
}
trap remove EXIT

ip netns add "$a"
ip netns add "$b"
ip link add rkeops0 netns "$a" type veth peer name rkeops1 netns "$b"
ip -n "$a" addr add 10.77.0.1/24 dev rkeops0
ip -n "$b" addr add 10.77.0.2/24 dev rkeops1
for host in "$a" "$b"; do ip -n "$host" link set lo up; done
ip -n "$a" link set rkeops0 up
ip -n "$b" link set rkeops1 up

# Runs a command on a host, as ssh does. The second host does not see the files
# of the first in /tmp.
cat >"$work/rsh" <<'END'
#!/usr/bin/env bash
host=$1
shift
if [ "$host" = 10.77.0.1 ]; then exec sh -c "$*"; fi
exec ip netns exec rkeops-b unshare --mount --uts sh -c \
  "mount -t tmpfs tmpfs /tmp; hostname host-b; cd /; $*"
END
chmod +x "$work/rsh"

export RKEOPS_HOSTS="10.77.0.1 10.77.0.2" RKEOPS_RSH="$work/rsh"
ip netns exec "$a" unshare --uts sh -c \
  "hostname host-a; exec Rscript tools/compare-workers.R hosts ${1:-1e5}"
