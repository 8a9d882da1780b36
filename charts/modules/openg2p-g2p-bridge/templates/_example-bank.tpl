{{/* What both Celery programs of the example bank have in common, as YAML. */}}
{{- define "bridge.bankCelery" -}}
env:
  {{- include "bridge.databaseEnv" (dict "root" $ "database" .Values.exampleBank.database "prefix" "EXAMPLE_BANK_CELERY_DB") | nindent 2 }}
  {{- include "bridge.queueEnv" (dict "root" $ "prefix" "EXAMPLE_BANK_CELERY" "queue" .Values.exampleBank.queue) | nindent 2 }}
  EXAMPLE_BANK_CELERY_HOST: 0.0.0.0
  EXAMPLE_BANK_CELERY_PORT: 8000
  EXAMPLE_BANK_CELERY_NO_OF_WORKERS: 1
  EXAMPLE_BANK_CELERY_WORKER_TYPE: gunicorn
  EXAMPLE_BANK_CELERY_PROCESS_PAYMENT_FREQUENCY: {{ .Values.exampleBank.paymentSeconds }}
{{- end -}}
