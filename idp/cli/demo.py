"""`acrux demo`: hands over to `idp.demo`, which nothing else imports."""

import tempfile
from pathlib import Path

import click


@click.command()
@click.option("--port", default=5000, show_default=True, help="Where the provider answers.")
@click.option("--rp-port", default=5001, show_default=True, help="Where the application answers.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its keys and data are, instead of instance/demo.",
)
@click.option("--throw-away", is_flag=True, help="Keep nothing: its data go when it ends.")
def demo(port: int, rp_port: int, folder: Path | None, throw_away: bool) -> None:
    """Run provider, demo application, people and inbox on this machine."""
    from idp.demo import run

    if not throw_away:
        run(port, rp_port, folder)
        click.echo("\nThe demo has stopped. Its data stay for the next time.")
        return
    if folder is not None:
        raise click.UsageError("--throw-away takes a folder of its own: leave --folder out")
    with tempfile.TemporaryDirectory(prefix="acrux-demo-") as made:
        run(port, rp_port, Path(made))
    click.echo("\nThe demo has stopped, and nothing of it stays.")
