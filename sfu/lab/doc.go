// Command lab is a bad network in front of an SFU, for make lab, which drives real browsers through it. It
// relays UDP, says where on its first line of output, and takes a new weather for each direction as a line
// of JSON on its input, as {"up":{"delayMs":40},"down":{"delayMs":40,"loss":0.1}}; see sfu/impair. It ends with its input.
package main
