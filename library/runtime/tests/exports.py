"""A context with exports: orders for two partners."""

from dataclasses import replace

from bounded_context import Context, Export
from tests.contexts import ORDER, Order

FIELDS = ("order_id", "weight", "pieces", "express", "wanted_on", "customer_id", "status")
DAILY = Export("daily", FIELDS, "cron(0 18 * * ? *)", ("acme", "bank"), changed=True)
WEEKLY = Export("all_orders", ("order_id",), "rate(7 days)", ("acme",))
EXPORTING: Context[Order] = replace(ORDER, exports=(DAILY, WEEKLY))
