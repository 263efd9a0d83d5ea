"""Which channel does a target mean? `channel: team` is the one that the team has now."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from watchbill.people.models import Team

Channels = dict[int, dict[str, str]]  # of a team: {chat, name}


def channels_of(team_ids: Collection[int]) -> Channels:
    """The channels of these teams, as far as they have one. No query without a team."""
    rows = Team.objects.filter(id__in=team_ids, channel__isnull=False).values_list("id", "channel") if team_ids else ()
    return {team_id: channel for team_id, channel in rows if channel}


def names_team_channel(steps: list[dict[str, Any]]) -> bool:
    """Does one of these steps tell the channel of the team?"""
    return any(target.get("kind") == "channel" and not target.get("chat") for step in steps for target in step.get("notify", ()))


def placed(target: dict[str, Any], channel: dict[str, str] | None) -> dict[str, Any]:
    """The target with the channel that it means. `channel`: of the team whose policy it stands in."""
    if target.get("kind") != "channel" or target.get("chat") or channel is None:
        return target
    return {**target, "chat": channel["chat"], "name": channel["name"]}


def kept_in(target: dict[str, Any], own: dict[str, str] | None) -> dict[str, Any]:
    """The same of a restricted incident: no other channel than that of its own team is told, and no other system."""
    if target.get("kind") == "webhook":
        return {**target, "foreign": True}
    if target.get("kind") != "channel" or not target.get("chat"):
        return target
    is_own = own is not None and (own["chat"], own["name"]) == (target["chat"], target["name"])
    return target if is_own else {**target, "chat": "", "foreign": True}
