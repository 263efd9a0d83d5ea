"""What does an operator paste into a monitor so that it sends here? One text for each kind of key; docs/connectors has the same."""

from __future__ import annotations

from collections.abc import Mapping

# {url} is the public address, {key} the key. First the address, then what to paste.
ADDRESSES: Mapping[str, str] = {
    "events": "{url}/v2/enqueue   (routing_key: {key})",
    "alertmanager": "{url}/in/alertmanager/{key}",
    "grafana": "{url}/in/grafana/{key}",
    "generic": "{url}/in/generic/{key}",
    "github-alerts": "{url}/in/github-alerts/{key}   (Secret: {key})",
    "gitlab-alerts": "{url}/in/gitlab-alerts   (Secret token: {key})",
    "sentry": "{url}/in/sentry/{key}",
    "opsgenie": "{url}/v2/alerts   (Authorization: GenieKey {key})",
    "heartbeat": "{url}/in/heartbeat/{key}",
}
SNIPPETS: Mapping[str, str] = {
    "events": """curl -X POST {url}/v2/enqueue -H 'Content-Type: application/json' -d '{{
  "routing_key": "{key}", "event_action": "trigger", "dedup_key": "disk-db1",
  "payload": {{"summary": "Disk full on db1", "source": "db1", "severity": "critical"}}}}'""",
    "alertmanager": """receivers:
- name: watchbill
  webhook_configs:
  - url: {url}/in/alertmanager/{key}
    send_resolved: true""",
    "grafana": """apiVersion: 1
contactPoints:
- orgId: 1
  name: watchbill
  receivers:
  - uid: watchbill
    type: webhook
    settings:
      url: {url}/in/grafana/{key}
      httpMethod: POST""",
    "generic": """curl -X POST {url}/in/generic/{key} -H 'Content-Type: application/json' -d '{{
  "summary": "Disk full on db1", "severity": "critical", "source": "db1", "dedup_key": "disk-db1", "status": "firing"}}'""",
    "github-alerts": """gh api repos/OWNER/REPOSITORY/hooks -f name=web \\
  -f 'config[url]={url}/in/github-alerts/{key}' -f 'config[content_type]=json' -f 'config[secret]={key}' \\
  -f 'events[]=code_scanning_alert' -f 'events[]=secret_scanning_alert' -f 'events[]=dependabot_alert' -f 'events[]=workflow_run'""",
    "gitlab-alerts": """curl -X POST "https://GITLAB/api/v4/projects/PROJECT_ID/hooks" -H "PRIVATE-TOKEN: YOUR_TOKEN" \\
  -d url={url}/in/gitlab-alerts -d token={key} -d push_events=false -d pipeline_events=true -d issues_events=true -d vulnerability_events=true""",
    "sentry": """Settings > Developer Settings > Custom Integrations > Create New Integration > Internal Integration
Webhook URL: {url}/in/sentry/{key}
Alert Rule Action: on
Webhooks: issue""",
    "opsgenie": """receivers:
- name: watchbill
  opsgenie_configs:
  - api_url: {url}/
    api_key: {key}
    send_resolved: true""",
    "heartbeat": """# in a crontab, when the job has worked
0 3 * * *  /usr/local/bin/backup && curl -fsS -m 10 --retry 5 {url}/in/heartbeat/{key}""",
}


def address(kind: str, *, url: str, key: str) -> str:
    """Where a monitor of that kind sends; empty for a kind that has no such address."""
    return ADDRESSES.get(kind, "").format(url=url, key=key)


def snippet(kind: str, *, url: str, key: str) -> str:
    """What to paste into it."""
    return SNIPPETS.get(kind, "").format(url=url, key=key)
