"""The review desk at /desk: pages made on the server, for editors. One file a view, each with its own router.

What it lists stands in tables of its own (store/desk.py); what it changes goes the way of every correction.
"""

from fastapi import APIRouter

from service.desk import actions, article, corrections, figures, page_actions, pages, presence, queue, search, trying

router = APIRouter(include_in_schema=False)
for module in (queue, actions, article, presence, search, figures, corrections, pages, page_actions, trying):
    router.include_router(module.router)
