// A film for a browser's fake camera that is hard to compress: the camera that browsers make up themselves needs a few
// hundred kbit/s whatever may be sent, so that no way seems too narrow for it.

import { closeSync, openSync, writeSync } from "node:fs";

/** The size is the smallest of which Chromium makes three sizes. */
const width = 960;
export const filmHeight = 540;
const fps = 25;
const frames = 50;
const grain = 12; // pixels of one square
/** renewed is the share of squares that are others in each frame: no movement describes them. */
const renewed = 0.2;

/** makeFilm writes a film of two seconds (YUV4MPEG2), about 40 MB and always the same, which a browser repeats. */
export function makeFilm(path) {
  const file = openSync(path, "w");
  writeSync(file, `YUV4MPEG2 W${width} H${filmHeight} F${fps}:1 Ip A1:1 C420jpeg\n`);
  const random = makeRandom();
  const picture = Buffer.alloc((width * filmHeight * 3) / 2, 128); // without colour
  for (let i = 0; i < frames; i++) {
    for (let y = 0; y < filmHeight; y += grain)
      for (let x = 0; x < width; x += grain)
        if (i === 0 || random() < renewed) fillSquare(picture, x, y, 60 + Math.floor(140 * random()));
    writeSync(file, "FRAME\n");
    writeSync(file, picture);
  }
  closeSync(file);
}

function fillSquare(picture, x, y, value) {
  for (let row = y; row < y + grain; row++) picture.fill(value, row * width + x, row * width + x + grain);
}

/** makeRandom makes a generator of numbers from 0 to 1, always the same ones. */
function makeRandom() {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
}
