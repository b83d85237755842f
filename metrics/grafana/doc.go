// Package grafana describes the dashboard for those who watch the quality of
// calls, and makes the JSON that Grafana reads. The JSON is committed, in
// dashboards/, and provisioned by compose.yaml; after a change here:
//
//	make generate
package grafana
