/**
 * portrait has a page's camera show a drawn person, so that a picture of a call shows nobody who exists. It runs in the
 * page; the sound stays that of the browser's test microphone.
 */
export function portrait(name) {
  const looks = {
    ana: {
      wall: "#c9d8cf",
      shade: "#aebfb4",
      skin: "#c98f66",
      hair: "#2c1d16",
      top: "#0b5f5a",
      long: true,
      plant: true,
    },
    bia: {
      wall: "#e4d3bd",
      shade: "#cdb899",
      skin: "#8d5a3b",
      hair: "#1c1412",
      top: "#b5553b",
      long: true,
      plant: false,
    },
    carlo: {
      wall: "#bccbdc",
      shade: "#9fb1c6",
      skin: "#e2b491",
      hair: "#6a4a2d",
      top: "#33415e",
      long: false,
      plant: true,
    },
  };
  const look = looks[name] ?? looks.ana;
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  const shape = (colour, path) => {
    pen.fillStyle = colour;
    pen.beginPath();
    path();
    pen.fill();
  };
  const round = (colour, x, y, rx, ry = rx) =>
    shape(colour, () => pen.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI));
  const box = (colour, x, y, w, h, r) => shape(colour, () => pen.roundRect(x, y, w, h, r));
  const draw = (ms) => {
    const sway = 6 * Math.sin(ms / 900);
    box(look.wall, 0, 0, 1280, 720, 0);
    box(look.shade, 120, 70, 260, 300, 10);
    box("#f3f0e6", 136, 86, 228, 268, 4);
    if (look.plant) {
      for (const turn of [-0.7, -0.25, 0.2, 0.65]) {
        shape("#3f6b4a", () =>
          pen.ellipse(1085 + 90 * turn, 480 - 60 * Math.cos(turn), 26, 110, turn, 0, 2 * Math.PI),
        );
      }
      box("#a8643f", 1030, 560, 110, 160, 12);
    } else {
      box(look.shade, 960, 300, 240, 16, 4);
      for (const [i, colour] of ["#8b4a3a", "#2f5d62", "#c99a3c", "#5b4b6b", "#7a8a4f"].entries())
        box(colour, 980 + 36 * i, 190 + 14 * (i % 3), 28, 110 - 14 * (i % 3), 3);
    }
    pen.save();
    pen.translate(sway, 0);
    if (look.long) box(look.hair, 490, 190, 300, 390, 140);
    shape(look.top, () => pen.ellipse(640, 760, 330, 210, 0, Math.PI, 2 * Math.PI));
    box(look.skin, 585, 460, 110, 130, 50);
    round(look.skin, 640, 360, 125, 155);
    shape(look.hair, () => {
      pen.ellipse(640, 300, 140, 120, 0, Math.PI, 2 * Math.PI);
      pen.quadraticCurveTo(720, 255, 640, 262);
      pen.quadraticCurveTo(540, 262, 500, 300);
    });
    const shut = ms % 4000 < 140;
    for (const x of [592, 688]) round("#241a16", x, 365, 10, shut ? 2 : 12);
    pen.strokeStyle = "#5b2f22";
    pen.lineWidth = 7;
    pen.lineCap = "round";
    pen.beginPath();
    pen.arc(640, 410, 38, 0.25 * Math.PI, 0.75 * Math.PI);
    pen.stroke();
    pen.restore();
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = wish.audio ? await ask({ audio: wish.audio }) : new MediaStream();
    if (wish.video) for (const track of canvas.captureStream(20).getVideoTracks()) stream.addTrack(track);
    return stream;
  };
}
