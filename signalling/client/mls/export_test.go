package mls

import "crypto/hpke"

type hpkeKey = hpke.PrivateKey
