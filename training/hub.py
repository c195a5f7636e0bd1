"""Where a model is that a config names: a folder, or a name on the Hugging Face hub, asked for once before anything is read.

Owns the sentences for what is not there. Knows no architecture, no task and no data. transformers asks an unreachable hub
again and again for half a minute a file; here one question is put, and the answer says what to do.
"""

from __future__ import annotations

import os
from pathlib import Path

from models.errors import BadInput

HELP = "docs/training.md#a-base-without-a-network"
WHENCE = "docs/training.md#the-base"
PLACES = "/", "./", "../", "~", "runs/", "models/"
"""What the name of a folder here begins with, and no name on the hub."""


def check_place(name: str, what: str) -> None:
    """Raises BadInput when there is neither a folder of this name nor such a model on the hub; `what` it is to be, in words."""
    path = Path(name)
    if path.is_dir():
        return
    if path.is_file():
        raise BadInput(f"the {what} {name} cannot be loaded: it is a file, no folder", field=what)
    if name.startswith(PLACES) or name.count("/") > 1 or ("/" in name and path.parent.is_dir()):
        raise BadInput(f"the {what}: there is no folder {name} ({WHENCE} says where one comes from)", field=what)
    _ask_hub(name, what)


def _ask_hub(name: str, what: str) -> None:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    hub = constants.ENDPOINT
    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return
        get_hf_file_metadata(hf_hub_url(name, "config.json", endpoint=hub), endpoint=hub)
    except HFValidationError:
        why = "and the hub has no such names"
    except GatedRepoError:
        why = f"and {hub} gives that model to those alone who have signed in and accepted its terms (hf auth login)"
    except RepositoryNotFoundError:
        why = f"and {hub} has no model of that name"
    except EntryNotFoundError:
        why = f"and that model of {hub} has no config.json"
    except OfflineModeIsEnabled:
        why = f"and HF_HUB_OFFLINE is set, so {hub} is not asked. {how_to_download(name)}"
    except Exception as e:  # whatever the network is up to: each layer below has errors of its own
        said = " ".join(str(e).split())[:120] or type(e).__name__
        why = f"and {hub} cannot be reached ({said}). {how_to_download(name)}"
    else:
        return
    raise BadInput(f"the {what}: there is no folder {name}, {why}", field=what)


def how_to_download(name: str) -> str:
    """One sentence for whoever has no network here."""
    mirror = "" if os.environ.get("HF_ENDPOINT") else ", or name a mirror in HF_ENDPOINT"
    return f"Download it where there is a network (hf download {name} --local-dir DIR) and give DIR{mirror}: {HELP}"
