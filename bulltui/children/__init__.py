"""Processes that we start and that end with us."""

from bulltui.children.keeper import Keeper, why_not

__all__ = ["Keeper", "why_not"]
