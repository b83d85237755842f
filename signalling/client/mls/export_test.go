package mls

import "crypto/hpke"

type hpkeKey = hpke.PrivateKey

// WithInitKey is a key package with another init key, signed anew.
func WithInitKey(k *KeyPackage, id Identity, key []byte) []byte {
	changed := *k
	changed.initKey = key
	changed.signature = signWithLabel(id.Key, "KeyPackageTBS", encode(changed.writeContent))
	return changed.Message()
}
