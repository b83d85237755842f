// Package avatar is about the images that people are known by: which files are
// taken, and the addresses under which they are given out.
package avatar
