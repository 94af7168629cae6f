"""What `make` installed or built of other people's products, and why one is missing."""

import shutil
from pathlib import Path

PRODUCTS = Path(__file__).parents[2] / "products"
GO = PRODUCTS / "go" / "bin"
GO_PROGRAMS = ("oauth2-proxy", "idtoken", "device", "evidence", "litewitness", "witnessctl")
PYTHON = PRODUCTS / "python" / ".venv" / "bin" / "python"
NODE = PRODUCTS / "node" / "node_modules"
JAVA = PRODUCTS / "java" / "target" / "products.jar"
BY_MAKE = "(`make test` does it, where it finds {})"


def why_oidc_agent_is_missing() -> str | None:
    """Say why no shell can get tokens by oidc-agent here; None when one can."""
    if shutil.which("oidc-gen") is None or shutil.which("stdbuf") is None:
        return "no oidc-gen on the PATH (Debian: install oidc-agent-cli)"
    return None


def why_promtool_is_missing() -> str | None:
    """Say why Prometheus' own checks cannot be run here; None when they can."""
    if shutil.which("promtool") is None:
        return "no promtool on the PATH (Debian: install prometheus)"
    return None


def why_go_is_missing() -> str | None:
    """Say why no Go product can be run here; None when one can."""
    if shutil.which("ssh-agent") is None:
        return "no ssh-agent on the PATH (Debian: install openssh-client)"
    if all((GO / name).exists() for name in GO_PROGRAMS):
        return None
    return f"its programs are not built {BY_MAKE.format('go 1.26 or newer')}"


def why_node_is_missing() -> str | None:
    """Say why no Node product can be run here; None when one can."""
    if shutil.which("node") is None:
        return "no node on the PATH (Debian: install nodejs and npm)"
    if all((NODE / name).is_dir() for name in ("@auth", "passport", "configurable-http-proxy")):
        return None
    return f"its packages are not installed {BY_MAKE.format('npm')}"


def why_python_is_missing() -> str | None:
    """Say why no Python product can be run here; None when one can."""
    if (PYTHON.parent / "jupyterhub").exists():
        return None
    return f"its packages are not installed {BY_MAKE.format('a network')}"


def why_java_is_missing() -> str | None:
    """Say why no Java product can be run here; None when one can."""
    if shutil.which("java") is None or shutil.which("keytool") is None:
        return "no java and keytool on the PATH (Debian: install openjdk-17-jdk-headless)"
    if JAVA.exists():
        return None
    return f"its application is not built {BY_MAKE.format('mvn and a JDK from 17 on')}"


def nginx() -> str | None:
    """Return the path of nginx: Debian keeps it off an ordinary user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def why_nginx_is_missing() -> str | None:
    """Say why nginx cannot be started here; None when it can."""
    return None if nginx() else "no nginx (Debian: install nginx)"
