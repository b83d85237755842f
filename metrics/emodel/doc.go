// Package emodel scores a sound by the E-model (ITU-T G.107): from the time it
// takes from mouth to ear and from what the decoder had to make up, to a mean
// opinion score.
//
// It is the narrow-band scale, on which nothing is better than 4.41, with
// loss parameters of Opus that are estimates: a score ranks calls, it does
// not promise what a listening test would find. web/sdk/src/emodel.ts
// computes the same; testdata/vectors.json holds both to it.
package emodel
