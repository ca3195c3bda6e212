"""How commands are declared: a function over a call, a use case for the help, and the options that all take."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

import typer

from dkp_entrypoints.cli.asked import CONFIG, DATABASE, DRY_RUN, GUILD, INSECURE, JSON, KEY, SERVER, Asked
from dkp_entrypoints.cli.call import Call

Act = Callable[..., None]

# The rules that a docstring proves are for those who read the code.
_RULE: Final = re.compile(r" \([A-Z]-\d+(?:(?:, | to )[A-Z]-\d+)*\)")
_COMMON: Final = {"database": (DATABASE, None), "config": (CONFIG, None)}
_OF_A_GUILD: Final = {"guild": (GUILD, None)}
_ANSWERS: Final = {"as_json": (JSON, False)}
_ON_A_SERVER: Final = {"server": (SERVER, None), "key": (KEY, None), "insecure": (INSECURE, False)}


def family(name: str, about: str) -> typer.Typer:
    """A family of commands, such as `dkp raid …`."""
    app = typer.Typer(name=name, help=about, no_args_is_help=True, rich_markup_mode=None, add_completion=False)

    @app.callback()
    def _() -> None:
        """Typer makes a family of one command a plain command unless there is a callback."""

    return app


def alone(name: str) -> typer.Typer:
    """A command that stands alone, such as `dkp verify`."""
    return typer.Typer(name=name, rich_markup_mode=None, add_completion=False)


def command(
    app: typer.Typer,
    name: str,
    does: type | str,
    *,
    changes: bool = False,
    guild: bool = True,
    answers: bool = True,
    remote: bool = False,
) -> Callable[[Act], Act]:
    """Make a function a command: its first parameter is the call, the others are options and arguments.

    `does` is the use case whose docstring is the help, or the help. What `changes` something has `--dry-run`;
    what is not about one `guild` has no `--guild`, and what `answers` nothing no `--json`. What is `remote` has
    `--server`, and may call the use cases of RemoteUseCases only.
    """
    about = _RULE.sub("", does if isinstance(does, str) else inspect.cleandoc(does.__doc__ or ""))

    def declare(act: Act) -> Act:
        own = list(inspect.signature(act, eval_str=True).parameters.values())[1:]
        common = {
            **({"dry_run": (DRY_RUN, False)} if changes else {}),
            **(_OF_A_GUILD if guild else {}),
            **(_ANSWERS if answers else {}),
            **(_ON_A_SERVER if remote else {}),
            **_COMMON,
        }

        def run(ctx: typer.Context, **values: Any) -> None:
            asked = Asked(**{option: values.pop(option) for option in common}).over(ctx.find_root().obj)
            with Call(asked, remote=remote) as call:
                act(call, **values)

        parameters = [
            inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
            *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
            *(
                inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
                for option, (annotation, default) in common.items()
            ),
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name, help=about)(run)
        return act

    return declare
