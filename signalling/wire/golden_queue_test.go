package wire

import "maps"

// Examples of what queues say.
func init() {
	hours := &OpeningHours{Zone: "Europe/Rome", Ranges: []DayRange{{From: 540, To: 780}, {From: 840, To: 1080}}}
	maps.Copy(requestExamples, map[string]any{
		"setQueue":       SetQueue{Link: "lnk1", Operators: []UserID{"bia", "carlo"}, Hours: hours},
		"setQueue.none":  SetQueue{Link: "lnk1", Operators: []UserID{}},
		"getQueue":       GetQueue{Link: "lnk1"},
		"transfer":       Transfer{Call: "cal1"},
		"transfer.one":   Transfer{Call: "cal1", Operator: "carlo"},
		"getCallbacks":   GetCallbacks{Link: "lnk1"},
		"finishCallback": FinishCallback{Link: "lnk1", Callback: "c1"},
	})
	maps.Copy(replyExamples, map[string]any{
		"queue":          Queue{Link: "lnk1", Operators: []UserID{"bia", "carlo"}, Hours: hours, Open: true},
		"queue.none":     Queue{Link: "lnk1", Operators: []UserID{}, Open: true},
		"callbacks":      Callbacks{Callbacks: []Callback{{Callback: "c1", Name: "Zoe", Contact: "+390399999999", Note: "Bread", AskedMs: 1767225600000}}},
		"callbacks.none": Callbacks{Callbacks: []Callback{}},
		"problem.closed": Problem{Code: CodeQueueClosed, Detail: "nobody is there at this hour", RetryAfterMs: 3600000},
	})
	maps.Copy(eventExamples, map[string]any{
		"queueChanged": QueueChanged{State: QueueRinging},
	})
}
