"""`acrux demo`: hands over to `idp.demo`, which nothing else imports."""

import click


@click.command()
@click.option("--port", default=5000, show_default=True, help="Where the provider answers.")
@click.option("--rp-port", default=5001, show_default=True, help="Where the application answers.")
def demo(port: int, rp_port: int) -> None:
    """Run provider, demo application, people and inbox on this machine."""
    from idp.demo import run

    run(port, rp_port)
