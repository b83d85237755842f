package grafana

import (
	"bytes"
	"encoding/json"
)

// The structs below are the part of Grafana's dashboard model (schema version
// 39, which Grafana 10 and later read) that Pronto uses.

// Dashboard is one dashboard.
type Dashboard struct {
	UID           string      `json:"uid"`
	Title         string      `json:"title"`
	Description   string      `json:"description"`
	Tags          []string    `json:"tags"`
	SchemaVersion int         `json:"schemaVersion"`
	Version       int         `json:"version"`
	Editable      bool        `json:"editable"`
	Refresh       string      `json:"refresh"`
	Timezone      string      `json:"timezone"`
	Time          TimeRange   `json:"time"`
	Links         []Link      `json:"links"`
	Annotations   Annotations `json:"annotations"`
	Templating    Templating  `json:"templating"`
	Panels        []Panel     `json:"panels"`
}

// TimeRange is what a dashboard shows when it is opened.
type TimeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Link leads to the other dashboards of a tag.
type Link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Tags        []string `json:"tags"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
}

// Annotations holds the marks on the time axis.
type Annotations struct {
	List []Annotation `json:"list"`
}

// Annotation is one kind of mark.
type Annotation struct {
	Name        string      `json:"name"`
	Datasource  *Datasource `json:"datasource"`
	Enable      bool        `json:"enable"`
	IconColor   string      `json:"iconColor"`
	Expr        string      `json:"expr"`
	TitleFormat string      `json:"titleFormat"`
}

// Templating holds the variables at the top of a dashboard.
type Templating struct {
	List []Variable `json:"list"`
}

// Variable is one of them.
type Variable struct {
	Name       string      `json:"name"`
	Label      string      `json:"label"`
	Type       string      `json:"type"`
	Query      string      `json:"query"`
	Datasource *Datasource `json:"datasource,omitempty"`
	Refresh    int         `json:"refresh"` // 1 when opened, 2 when the time range changes
	Multi      bool        `json:"multi"`
	IncludeAll bool        `json:"includeAll"`
	AllValue   string      `json:"allValue,omitempty"`
	Current    *Current    `json:"current,omitempty"`
}

// Current is the value that a variable starts with.
type Current struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// Datasource names where a panel's numbers come from.
type Datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Panel is one picture, or a row's heading.
type Panel struct {
	ID          int          `json:"id"`
	Type        string       `json:"type"`
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	Datasource  *Datasource  `json:"datasource,omitempty"`
	GridPos     GridPos      `json:"gridPos"`
	FieldConfig *FieldConfig `json:"fieldConfig,omitempty"`
	Options     *Options     `json:"options,omitempty"`
	Targets     []Target     `json:"targets,omitempty"`
	Collapsed   *bool        `json:"collapsed,omitempty"`
}

// GridPos is where a panel stands, in 24 columns.
type GridPos struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// FieldConfig says how values are written.
type FieldConfig struct {
	Defaults  Defaults `json:"defaults"`
	Overrides []string `json:"overrides"`
}

// Defaults are those of a FieldConfig.
type Defaults struct {
	Unit       string      `json:"unit"`
	Min        *float64    `json:"min,omitempty"`
	Max        *float64    `json:"max,omitempty"`
	Thresholds *Thresholds `json:"thresholds,omitempty"`
	Custom     *Custom     `json:"custom,omitempty"`
}

// Custom are the settings of lines.
type Custom struct {
	LineWidth   int   `json:"lineWidth"`
	FillOpacity int   `json:"fillOpacity"`
	SpanNulls   bool  `json:"spanNulls"`
	Stacking    Stack `json:"stacking"`
}

// Stack says whether lines stand on one another.
type Stack struct {
	Mode string `json:"mode"` // none or normal
}

// Thresholds colour a number.
type Thresholds struct {
	Mode  string `json:"mode"`
	Steps []Step `json:"steps"`
}

// Step is the colour from a value on; nil is from the lowest.
type Step struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"`
}

// Options are those of a panel's type.
type Options struct {
	Legend        *Legend  `json:"legend,omitempty"`
	Tooltip       *Tooltip `json:"tooltip,omitempty"`
	ReduceOptions *Reduce  `json:"reduceOptions,omitempty"`
	ColorMode     string   `json:"colorMode,omitempty"`
	GraphMode     string   `json:"graphMode,omitempty"`
	Calculate     *bool    `json:"calculate,omitempty"` // of a heat map
	YAxis         *Axis    `json:"yAxis,omitempty"`
}

// Axis is the scale of a heat map.
type Axis struct {
	Unit string `json:"unit"`
}

// Legend is the list of lines.
type Legend struct {
	DisplayMode string   `json:"displayMode"`
	Placement   string   `json:"placement"`
	ShowLegend  bool     `json:"showLegend"`
	Calcs       []string `json:"calcs"`
}

// Tooltip is what the pointer shows.
type Tooltip struct {
	Mode string `json:"mode"`
	Sort string `json:"sort"`
}

// Reduce makes one number of a line.
type Reduce struct {
	Calcs  []string `json:"calcs"`
	Fields string   `json:"fields"`
	Values bool     `json:"values"`
}

// Target is one query.
type Target struct {
	RefID        string      `json:"refId"`
	Datasource   *Datasource `json:"datasource"`
	Expr         string      `json:"expr"`
	LegendFormat string      `json:"legendFormat"`
	Format       string      `json:"format,omitempty"` // heatmap, where it is one
	Range        bool        `json:"range"`
	Instant      bool        `json:"instant"`
}

// JSON is the dashboard as Grafana reads it.
func (d Dashboard) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return b.Bytes(), err
}
