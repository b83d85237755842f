package grafana

// Dashboards lists all of them, in the order of their links.
func Dashboards() []Dashboard {
	return []Dashboard{
		board("overview", "Overview", "Calls now, and whether the goals are met.", nowRow, goalsRow, setUpRow, callsRow),
		board("quality", "Quality", "What people hear and see, as their clients measure it.", soundRow, pictureRow, experimentRow),
		board("network", "Network", "The ways that media takes, and how packets fare on them.", wayRow, packetsRow),
		board("sfu", "SFU", "What passes through the SFU.", sfuRow),
		board("turn", "TURN", "What is relayed, and what is refused.", turnRow),
		board("signalling", "Signalling", "WebSockets, HTTP, webhooks and pushes.", signallingRow, servicesRow),
		board("privacy", "Privacy and abuse", "Whom and what the server kept out, and what it tells.", abuseRow, tellRow),
	}
}

func board(name, title, description string, rows ...row) Dashboard {
	return Dashboard{
		UID: "pronto-" + name, Title: "Pronto: " + title, Description: description,
		Tags: []string{"pronto"}, SchemaVersion: 39, Version: 1, Refresh: "30s", Timezone: "browser",
		Time:        TimeRange{"now-6h", "now"},
		Links:       []Link{{Title: "Pronto", Type: "dashboards", Tags: []string{"pronto"}, IncludeVars: true, KeepTime: true}},
		Annotations: Annotations{restarts},
		Templating:  Templating{variables},
		Panels:      lay(rows),
	}
}

var variables = []Variable{
	{
		Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus", Refresh: 1,
		Current: &Current{"Prometheus", "pronto-prometheus"},
	}, {
		Name: "job", Label: "Job", Type: "query", Datasource: source, Query: "label_values(pronto_build_info, job)",
		Refresh: 2, Multi: true, IncludeAll: true, AllValue: ".+", Current: &Current{"All", "$__all"},
	}, {
		Name: "instance", Label: "Server", Type: "query", Datasource: source,
		Query:   `label_values(pronto_build_info{job=~"$job"}, instance)`,
		Refresh: 2, Multi: true, IncludeAll: true, AllValue: ".+", Current: &Current{"All", "$__all"},
	},
}

// restarts marks the moments at which another version began to run, and those
// at which an alert fired.
var restarts = []Annotation{
	{
		Name: "Versions", Datasource: source, Enable: true, IconColor: "blue",
		Expr:        `sum by (version, revision) (pronto_build_info{` + jobs + `}) unless sum by (version, revision) (pronto_build_info{` + jobs + `} offset 1m)`,
		TitleFormat: "{{version}} {{revision}}",
	}, {
		Name: "Alerts", Datasource: source, Enable: true, IconColor: "red",
		Expr: `ALERTS{alertname=~"Pronto.+",alertstate="firing"}`, TitleFormat: "{{alertname}}",
	},
}
