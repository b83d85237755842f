package hook_test

import (
	"net/netip"
	"testing"

	"pronto/signalling/hook"
)

func TestOnlyTheOpenInternetIsOutside(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255",
		"192.0.2.1", "198.18.0.1", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
		"2002:7f00:1::", "2001:db8::1", "fe80::1%eth0", "fec0::1",
	} {
		if hook.Outside(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for the open internet", text)
		}
	}
	for _, text := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"} {
		if !hook.Outside(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for a private network", text)
		}
	}
}
