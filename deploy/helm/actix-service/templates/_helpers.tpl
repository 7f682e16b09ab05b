{{- define "service.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "service.labels" -}}
{{ include "service.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "service.ownMetricsPort" -}}
{{- if and .Values.metrics.enabled .Values.metrics.port (ne (int .Values.metrics.port) (int .Values.service.port)) -}}
true
{{- end -}}
{{- end -}}

{{- define "service.metricsPortName" -}}
{{- if include "service.ownMetricsPort" . -}}metrics{{- else -}}http{{- end -}}
{{- end -}}

{{/* METRICS_NAMESPACE and METRICS_SUBSYSTEM as they stand before a family's name. */}}
{{- define "service.prefix" -}}
{{- with .Values.metrics.namespace }}{{ . }}_{{ end -}}
{{- with .Values.metrics.subsystem }}{{ . }}_{{ end -}}
{{- end -}}

{{/* A rule file as shipped, narrowed to this release, with its prefix, limit and runbooks. */}}
{{- define "service.groups" -}}
{{- $root := index . 0 -}}
{{- $rule := $root.Values.metrics.prometheusRule -}}
{{- $text := $root.Files.Get (index . 1) -}}
{{- $text = replace "job=~\".+\"" (printf "job=\"%s\", namespace=\"%s\"" (include "service.name" $root) $root.Release.Namespace) $text -}}
{{- $text = regexReplaceAll "\\b(http_(?:requests|request|response|exceptions)_\\w+)\\{" $text (printf "%s${1}{" (include "service.prefix" $root)) -}}
{{- $text = regexReplaceAll "(http_requests_inprogress\\{[^}]*\\}\\) > )100" $text (printf "${1}%d" (int $rule.inProgressLimit)) -}}
{{- $text = replace "docs/observability.md#" (printf "%s#" $rule.runbook) $text -}}
{{- toYaml (fromYaml $text).groups -}}
{{- end -}}
