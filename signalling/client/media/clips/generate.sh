#!/bin/sh
# generate.sh makes the clips that bots send: a spoken sentence and a drawn test
# pattern for each of three. It needs ffmpeg (libopus, libvpx, drawtext) and
# espeak-ng, and is run by hand when a clip is to change:
#
#     cd signalling/client/media/clips && ./generate.sh
#
# NAME.ogg      Opus, 48 kHz, mono, 20 ms, one packet a page, about 8 s
# NAME.levels   the loudness of each 20 ms in dBov (RFC 6464), one number a line
# NAME-q|h|f.ivf  VP8, 15 frames/s, 6 s: 160x90, 320x180, 640x360; the dots come
#               back to where they began, so that the loop shows no seam
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

voice() { # name, espeak voice, pitch, text
	espeak-ng -v "$2" -p "$3" -s 145 -w "$tmp/raw.wav" "$4"
	ffmpeg -v error -y -i "$tmp/raw.wav" -af "adelay=200,loudnorm=I=-20:TP=-3,aresample=48000,apad" -t 8 -ac 1 -ar 48000 "$tmp/$1.wav"
	ffmpeg -v error -y -i "$tmp/$1.wav" -c:a libopus -b:a 20k -vbr on -application voip -frame_duration 20 \
		-page_duration 20000 -map_metadata -1 -fflags +bitexact -flags:a +bitexact "$1.ogg"
	# Opus begins 312 samples early; the levels need not be that exact.
	ffmpeg -v error -i "$tmp/$1.wav" -af "asetnsamples=960,astats=metadata=1:reset=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-" -f null - |
		awk -F= '/RMS_level/ { v = ($2 == "-inf") ? 127 : -$2; printf "%d\n", (v < 0) ? 0 : (v > 127) ? 127 : v + 0.5 }' >"$1.levels"
}

picture() { # name, title, background, dots
	for size in q:160:90:22k h:320:180:48k f:640:360:105k; do
		IFS=: read -r rid w h rate <<-END
			$size
		END
		ffmpeg -v error -y -f lavfi -i "color=c=$3:s=640x360:r=15:d=6" -f lavfi -i "color=c=$4:s=26x26:r=15:d=6" -filter_complex "
			[1:v]split=3[a][b][c];
			[0:v][a]overlay=x='307+230*cos(2*PI*t/6)':y='167+120*sin(2*PI*t/6)'[p];
			[p][b]overlay=x='307+230*cos(2*PI*t/6+2.094)':y='167+120*sin(2*PI*t/6+2.094)'[q];
			[q][c]overlay=x='307+230*cos(2*PI*t/6+4.189)':y='167+120*sin(2*PI*t/6+4.189)'[r];
			[r]drawtext=font='DejaVu Sans':text='$2':fontcolor=$4:fontsize=84:x=(w-text_w)/2:y=110,
			drawtext=font='DejaVu Sans':text='a bot, not a person':fontcolor=$4:fontsize=28:x=(w-text_w)/2:y=215,
			drawtext=font='DejaVu Sans Mono':text='$w x $h':fontcolor=$4:fontsize=24:x=(w-text_w)/2:y=258,
			scale=$w:$h:flags=area" \
			-c:v libvpx -b:v "$rate" -maxrate "$rate" -bufsize 200k -deadline best -cpu-used 0 -g 30 -keyint_min 30 \
			-auto-alt-ref 0 -error-resilient default -pix_fmt yuv420p -map_metadata -1 -fflags +bitexact -flags:v +bitexact "$1-$rid.ivf"
	done
}

voice alba en-us+f3 55 "Hello. I am Alba, a bot. I talk so that somebody can listen. One, two, three, four, five, six, seven, eight, nine, ten."
voice bruno en-gb+m3 35 "Good day. This is Bruno, a bot. Nobody sits here, but you can hear that the line works. Red, orange, yellow, green, blue."
voice celia en-gb-scotland+f4 65 "Hi there. Celia speaking, a bot like the others. Spring, summer, autumn, winter, and then it all begins again."
picture alba "Bot Alba" 0x7a3b12 0xffe2c4
picture bruno "Bot Bruno" 0x0f4c4a 0xc9f3ea
picture celia "Bot Celia" 0x43307a 0xe6dcff
