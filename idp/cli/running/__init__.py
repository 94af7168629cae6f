"""What keeps running: `acrux serve` with the processes that it starts, and `acrux worker`.

Owns what each process is told and does; how processes are kept alive is `idp.serving.processes`.
"""
