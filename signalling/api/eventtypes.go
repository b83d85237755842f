package api

import (
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/call"
	"pronto/signalling/store"
)

// eventTypes are the types of events that webhooks are told of.
func eventTypes() []string {
	return slices.Concat(call.Stories(), store.LinkEvents(), []string{store.EventReportFiled, store.EventAppealFiled, "webhook.disabled", "webhook.test"})
}

func knownEvent(t string) bool { return slices.Contains(eventTypes(), t) }

// describeEvents tells in the description what is posted to webhooks (OpenAPI
// 3.1, webhooks).
func describeEvents(d *huma.OpenAPI) {
	text := huma.TypeString
	d.Webhooks = map[string]*huma.PathItem{}
	for _, t := range eventTypes() {
		data := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
		switch {
		case slices.Contains(call.Stories(), t):
			data = schemaOf(storyType)
		case slices.Contains(store.LinkEvents(), t):
			data = schemaOf(linkEventType)
		case t == store.EventReportFiled:
			data = schemaOf(reportEventType)
		case t == store.EventAppealFiled:
			data = schemaOf(appealEventType)
		}
		d.Webhooks[t] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "on-" + t, Summary: t, Tags: []string{"webhooks"},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"type", "timestamp", "data"},
				Properties: map[string]*huma.Schema{
					"type":      {Type: text, Enum: []any{t}},
					"timestamp": {Type: text, Format: "date-time", Description: "When it happened."},
					"data":      data,
				},
			}}}},
			Responses: map[string]*huma.Response{"2XX": {Description: "Taken. Anything else is tried again."}},
		}}
	}
}

// schemaOf describes the data of events.
func schemaOf(data reflect.Type) *huma.Schema {
	return huma.SchemaFromType(huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer), data)
}

var (
	storyType       = reflect.TypeFor[call.Story]()
	linkEventType   = reflect.TypeFor[store.LinkEvent]()
	reportEventType = reflect.TypeFor[store.ReportEvent]()
	appealEventType = reflect.TypeFor[store.AppealEvent]()
)
