package layer_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pronto/sfu/layer"
)

func TestChoose(t *testing.T) {
	live := func(heights ...int) []layer.Encoding {
		var all []layer.Encoding
		for _, h := range heights {
			all = append(all, layer.Encoding{Present: true, Live: true, Height: h})
		}
		return all
	}
	stopped := func(all []layer.Encoding, which ...int) []layer.Encoding {
		for _, i := range which {
			all[i].Live = false
		}
		return all
	}
	for name, test := range map[string]struct {
		encodings       []layer.Encoding
		current, height int
		want            int
	}{
		"the lowest that is high enough":                    {live(180, 360, 720), layer.None, 181, 1},
		"exactly high enough":                               {live(180, 360, 720), layer.None, 180, 0},
		"the highest if none is":                            {live(180, 360, 720), layer.None, 2160, 2},
		"not shown":                                         {live(180, 360, 720), 1, 0, layer.None},
		"the next higher if one has stopped":                {stopped(live(180, 360, 720), 0), 0, 100, 1},
		"the highest live if the upper ones have stopped":   {stopped(live(180, 360, 720), 1, 2), 2, 720, 0},
		"what flows if all have stopped":                    {stopped(live(180, 360, 720), 0, 1, 2), 1, 720, 1},
		"unknown heights are quarter, half, whole":          {live(0, 0, 0), layer.None, 300, 1},
		"equal heights of sealed frames count as unknown":   {live(16, 16, 16), layer.None, 700, 2},
		"one encoding at any height":                        {live(0), layer.None, 100, 0},
		"nothing has come yet":                              {make([]layer.Encoding, 3), layer.None, 360, layer.None},
		"only the lowest has come yet":                      {append(live(180), layer.Encoding{}, layer.Encoding{}), layer.None, 720, 0},
		"the first present if what flows is not":            {stopped(live(180, 360), 0, 1), layer.None, 100, 0},
		"a learnt height counts where layers are absent":    {append(live(540), layer.Encoding{}, layer.Encoding{}), layer.None, 300, 0},
		"no encodings at all":                               {nil, layer.None, 300, layer.None},
		"an upper layer of portrait video by learnt height": {live(320, 640, 1280), layer.None, 641, 2},
	} {
		if got := layer.Choose(test.encodings, test.current, test.height); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestAGreaterHeightNeverGetsALowerLayer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		encodings := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) layer.Encoding {
			present := rapid.Bool().Draw(t, "present")
			return layer.Encoding{Present: present, Live: present && rapid.Bool().Draw(t, "live"), Height: rapid.IntRange(0, 2000).Draw(t, "height")}
		}), 0, 3).Draw(t, "encodings")
		low := rapid.IntRange(1, 2000).Draw(t, "low")
		high := rapid.IntRange(low, 4320).Draw(t, "high")
		current := rapid.IntRange(layer.None, 2).Draw(t, "current")
		a, b := layer.Choose(encodings, current, low), layer.Choose(encodings, current, high)
		if a > b {
			t.Fatalf("%d gets %d, %d gets %d", low, a, high, b)
		}
		if b != layer.None && !encodings[b].Present {
			t.Fatalf("%d is not there", b)
		}
	})
}

var t0 = time.Unix(1_700_000_000, 0)

func TestWishesAreMergedAndRepeatedUntilAKeyFrameComes(t *testing.T) {
	var k layer.KeyFrames
	at := func(ms int) time.Time { return t0.Add(time.Duration(ms) * time.Millisecond) }
	if due, _ := k.Due(at(0)); due {
		t.Fatal("asked without a wish")
	}
	if k.Want(at(0)) || !k.Want(at(10)) || !k.Want(at(20)) {
		t.Fatal("the second and third wish should merge into the first")
	}
	if due, repeat := k.Due(at(20)); !due || repeat {
		t.Fatal("the first wish should be asked for at once")
	}
	if due, _ := k.Due(at(519)); due {
		t.Fatal("asked again too soon")
	}
	if due, repeat := k.Due(at(520)); !due || !repeat {
		t.Fatal("not asked again")
	}
	if _, fulfilled := k.Came(at(-1)); fulfilled {
		t.Fatal("a key frame of before the wish fulfilled it")
	}
	if after, fulfilled := k.Came(at(600)); !fulfilled || after != 600*time.Millisecond {
		t.Fatalf("after %v, %v", after, fulfilled)
	}
	k.Want(at(610))
	if due, _ := k.Due(at(610)); due {
		t.Fatal("a new wish was asked for sooner than 500 ms after the last request")
	}
	if due, repeat := k.Due(at(1020)); !due || repeat {
		t.Fatal("a new wish was not asked for")
	}
	k.Forget()
	if due, _ := k.Due(at(5000)); due || k.Wanted() {
		t.Fatal("asked although nobody waits")
	}
}

func TestAtMostTwoRequestsASecondWhateverIsWished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k layer.KeyFrames
		var sent []time.Time
		now := t0
		for range 200 {
			now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				k.Want(now)
			case 1:
				k.Came(now)
			default:
				if due, _ := k.Due(now); due {
					sent = append(sent, now)
				}
			}
		}
		for i := 1; i < len(sent); i++ {
			if gap := sent[i].Sub(sent[i-1]); gap < layer.KeyFrameInterval {
				t.Fatalf("two requests within %v", gap)
			}
		}
	})
}
