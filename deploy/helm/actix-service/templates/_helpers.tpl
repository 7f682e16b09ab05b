{{- define "service.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The Service's name, which Prometheus' operator makes the job label. */}}
{{- define "service.name" -}}
{{- if and (not .Values.service.enabled) (not .Values.service.name) -}}
{{- fail "service.enabled=false needs service.name: rules and dashboard select its job" -}}
{{- end -}}
{{- .Values.service.name | default (include "service.fullname" .) -}}
{{- end -}}

{{/* The labels of the release's objects, and of its pods if it has any. */}}
{{- define "service.instance" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* What selects the pods, of the release or of your own Deployment. */}}
{{- define "service.selector" -}}
{{- if .Values.deployment.enabled -}}
{{- include "service.instance" . -}}
{{- else -}}
{{- required "deployment.enabled=false needs selectorLabels: the labels of your own pods" (.Values.selectorLabels | default nil) | toYaml -}}
{{- end -}}
{{- end -}}

{{- define "service.labels" -}}
{{ include "service.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "service.annotations" -}}
{{- with . }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "service.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "service.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "service.ownMetricsPort" -}}
{{- if and .Values.metrics.enabled .Values.metrics.port (ne (int .Values.metrics.port) (int .Values.service.port)) -}}
true
{{- end -}}
{{- end -}}

{{- define "service.metricsPortName" -}}
{{- if include "service.ownMetricsPort" . -}}{{ .Values.metrics.portName }}{{- else -}}{{ .Values.service.portName }}{{- end -}}
{{- end -}}

{{/* METRICS_NAMESPACE and METRICS_SUBSYSTEM as the prefix of a family's name. */}}
{{- define "service.prefix" -}}
{{- with .Values.metrics.namespace }}{{ . }}_{{ end -}}
{{- with .Values.metrics.subsystem }}{{ . }}_{{ end -}}
{{- end -}}

{{/*
A rule file as shipped, narrowed to this release, with its prefix and runbooks. The third argument is a list of pairs,
an expression and what replaces it. Objectives have no prefix.
*/}}
{{- define "service.groups" -}}
{{- $root := index . 0 -}}
{{- $text := $root.Files.Get (index . 1) -}}
{{- range index . 2 -}}
{{- if not (regexMatch (index . 0) $text) -}}
{{- fail (printf "the rules have nothing like %s" (index . 0)) -}}
{{- end -}}
{{- $text = regexReplaceAll (index . 0) $text (index . 1) -}}
{{- end -}}
{{- $text = replace "job=~\".+\"" (printf "job=\"%s\", namespace=\"%s\"" (include "service.name" $root) $root.Release.Namespace) $text -}}
{{- $families := "\\b(http_(?:requests|request|response|exceptions)_\\w+|task_(?:runs_total|errors_total|duration_seconds\\w*|inprogress|interval_seconds|last_success_timestamp_seconds))\\{" -}}
{{- $text = regexReplaceAll $families $text (printf "%s${1}{" (include "service.prefix" $root)) -}}
{{- $text = replace "https://runbooks.example.com" $root.Values.metrics.runbookBaseUrl $text -}}
{{- toYaml (fromYaml $text).groups -}}
{{- end -}}
