"""A JupyterHub with what `acrux client add --like jupyterhub` printed, and nothing spawned."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub gives it
folder, port, node = Path(os.environ["FOLDER"]), os.environ["PORT"], os.environ["NODE"]
exec(compile((folder / "settings.py").read_text(), "settings", "exec"))

c.JupyterHub.bind_url = f"http://localhost:{port}"
c.JupyterHub.hub_bind_url = f"http://localhost:{os.environ['HUB_PORT']}"
c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(folder / "cookie-secret")
c.JupyterHub.default_url = "/hub/home"
c.JupyterHub.spawner_class = "simple"
c.ConfigurableHTTPProxy.command = [node, os.environ["PROXY"]]
c.ConfigurableHTTPProxy.api_url = f"http://localhost:{os.environ['API_PORT']}"
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
