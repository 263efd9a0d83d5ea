"""The two desks that are played, each against its tracker: small ones, in which everybody is reached by mail."""

from __future__ import annotations

PEOPLE = """organization: Example Security
last_resort: grace
people:
  - {handle: ada, name: Ada Osei, email: ada@example.org, timezone: Europe/London, contact: [{kind: email, address: ada@example.org}]}
  - {handle: bruno, name: Bruno Keller, email: bruno@example.org, timezone: UTC, contact: [{kind: email, address: bruno@example.org}]}
  - {handle: chen, name: Chen Wei, email: chen@example.org, timezone: Asia/Singapore, contact: [{kind: email, address: chen@example.org}]}
  - {handle: grace, name: Grace Lind, email: grace@example.org, timezone: Europe/Stockholm, contact: [{kind: email, address: grace@example.org}]}
  - {handle: charlie, name: Charlie Roe, email: charlie@example.org, timezone: UTC, contact: [{kind: email, address: charlie@example.org}]}
"""

PAGED = """teams:
  - name: SecOps
    desk: paged
    ownership: acker
    members: [ada, bruno, chen]
    managers: [grace]
    manager: {{schedule: Security Manager}}
    high_impact: {{severity: critical, notify: [{{schedule: Security Manager}}]}}
    issue: {{tracker: gitlab, project: security/operations, labels: [incident], confidential: true}}
    channel: {{chat: slack, name: "#sec"}}
  - {{name: Security Managers, desk: paged, members: [grace]}}
  - {{name: Others, desk: paged, members: [charlie]}}
schedules:
  - name: Security Responder
    team: SecOps
    timezone: UTC
    layers:
      - name: day
        shifts: {{days: [mon, tue, wed, thu, fri], start: "08:00", length: 12h}}
        rotation: {{order: [ada], turn: 1w, starting: 2026-01-05}}
      - name: night
        shifts: {{days: [mon, tue, wed, thu, fri], start: "20:00", length: 12h}}
        rotation: {{order: [chen], turn: 1w, starting: 2026-01-05}}
      - name: weekend
        shifts: {{days: [sat], start: "08:00", length: 48h}}
        rotation: {{order: [bruno], turn: 1w, starting: 2026-01-05}}
  - name: Security Manager
    team: Security Managers
    timezone: UTC
    layers:
      - name: always
        shifts: {{days: [mon], start: "08:00", length: 1w}}
        rotation: {{order: [grace], turn: 1w, starting: 2026-01-05}}
policies:
  - name: Security Responder
    team: SecOps
    repeat: 1
    last_resort: grace
    steps:
      - {{notify: [{{schedule: Security Responder}}, {{channel: team}}], wait: 15m}}
      - {{notify: [{{schedule: Security Manager}}], wait: 15m}}
services:
  - {{name: Detections, team: SecOps, policy: Security Responder}}
chats:
  - {{name: slack, kind: slack, url: "{slack}", token_env: SLACK_TOKEN, signing_env: SLACK_SIGNING, writes: [post, update]}}
trackers:
  - {{name: gitlab, kind: gitlab, url: "{gitlab}", token_env: GITLAB_TOKEN, webhook_env: GITLAB_HOOK, writes: [create_issue, comment, assign],
     tells: [comment, state, assignee], people: {{ada: ada.osei, bruno: bkeller, chen: chen.wei}}}}
queues:
  - {{name: oncall, team: SecOps, tracker: gitlab, projects: [security/operations], labels: [oncall]}}
duties:
  - {{team: SecOps, schedule: Security Responder, name: Review oncall issues, every: shift, times: 2, queue: oncall}}
  - {{team: SecOps, schedule: Security Responder, name: Note what should be better, every: shift}}
"""

REPORTED = """mailboxes:
  - {{name: security, team: Response Committee, imap_env: SECURITY_IMAP, address: security@example.org, for: [reports], writes: [answer]}}
platforms:
  - {{name: hackerone, kind: hackerone, url: "{hackerone}", program: acme, token_env: H1_TOKEN, webhook_env: H1_HOOK, triage_group: H1 Triage,
     writes: [comment, state, severity, tier, assign, reference, bounty, disclose]}}
programs:
  - name: Example bounty
    team: Response Committee
    platform: hackerone
    tracker: github
    project: example/security-disclosures
    tiers: [{{name: tier 1, means: the core}}]
    bounty: {{currency: USD, amounts: {{tier 1: {{high: 5000}}}}, approvals: {{low: 1, medium: 1, high: 2, critical: 2}}}}
"""

QUEUED = """teams:
  - name: Response Committee
    desk: queue
    ownership: on_call
    members: [ada, bruno]
    managers: [grace]
    last_resort: grace
    issue: {{tracker: github, project: example/security-disclosures, labels: [], confidential: true}}
    calendar: {{timezone: UTC, days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}}
  - {{name: Others, desk: paged, members: [charlie]}}
schedules:
  - name: Committee on-call
    team: Response Committee
    timezone: UTC
    hours: business
    layers:
      - name: week
        shifts: {{days: [mon], start: "00:00", length: 1w}}
        rotation: {{order: [ada, bruno], turn: 1w, starting: 2026-03-02}}
policies:
  - name: Watch the queue
    team: Response Committee
    steps:
      - {{notify: [{{schedule: Committee on-call}}], wait: 1 business day}}
services:
  - {{name: Vulnerability intake, team: Response Committee, policy: Watch the queue}}
trackers:
  - {{name: github, kind: github, url: "{github}", token_env: GITHUB_TOKEN, webhook_env: GITHUB_HOOK, writes: [], tells: [comment, state],
     people: {{ada: ada-there, bruno: bruno-there}}}}
queues:
  - {{name: process issues, team: Response Committee, tracker: github, projects: [example/security-process], kind: issues}}
  - {{name: disclosures, team: Response Committee, tracker: github, projects: [example/security-disclosures], kind: issues}}
duties:
  - {{team: Response Committee, schedule: Committee on-call, name: New issues and distributor requests, every: week, due: 1 business day, queue: process issues}}
  - {{team: Response Committee, schedule: Committee on-call, name: Look at the disclosures, every: business day, queue: disclosures}}
stale:
  - {{team: Response Committee, severity: critical, after: 2 days}}
  - {{team: Response Committee, severity: high, after: 7 days}}
"""
