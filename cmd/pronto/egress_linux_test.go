package main

import (
	"os/exec"
	"strings"
	"testing"
)

// isolated runs the demo, with calls of two and through the SFU, in a network of its own that has a way out, and prints
// how many packets have taken it by the time that sound and pictures have come; then once more, after one that was
// sent on purpose.
const isolated = `set -eu
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
ip link set lo up
ip link add out type veth peer name far
sysctl -qw net.ipv6.conf.out.disable_ipv6=1 net.ipv6.conf.far.disable_ipv6=1
ip addr add 192.0.2.2/24 dev out
ip link set out up
ip link set far up
ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev out
ip route add default via 192.0.2.1
sent() { ip -s link show dev out | awk 'sent { print $2; exit } /TX:/ { sent = 1 }'; }
"$0" demo >"$PRONTO_DATA/said" 2>&1 &
has() { grep -Eq "^$1(\{.*\})? [1-9]" "$PRONTO_DATA/metrics"; }
for _ in $(seq 300); do
	sleep 0.2
	curl -s localhost:9464/metrics >"$PRONTO_DATA/metrics" || continue
	if has pronto_answer_to_media_seconds_count && has pronto_sfu_first_media_seconds_count; then
		sent
		echo x >/dev/udp/203.0.113.9/53
		sent
		exit
	fi
done
cat "$PRONTO_DATA/said"
exit 1`

// Nobody outside hears of a server as it comes, whatever happens on it: no name is looked up, no STUN server asked,
// nothing reported or fetched.
func TestTheServerTalksToNobodyOutside(t *testing.T) {
	t.Parallel()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--net", "bash", "-c", isolated, binary)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PRONTO_DATA=" + t.TempDir(), "PRONTO_LISTEN=127.0.0.1:8080"}
	out, err := cmd.CombinedOutput()
	if counts := strings.Fields(string(out)); err != nil || len(counts) != 2 || counts[1] != "1" {
		t.Fatalf("the network cannot be watched: %v\n%s", err, out)
	} else if counts[0] != "0" {
		t.Errorf("%s packets have left the machine", counts[0])
	}
}
