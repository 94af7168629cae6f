"""More than one machine: the faults of machines, done to a small estate in network namespaces.

Three machines with etcd, Patroni and PostgreSQL, two with Acrux, one with HAProxy before them, set
up with the files in `config/machines/` (docs/machines.md). All of it lives in namespaces of one
process and ends with it. Load, journal and rules are those of `torture`.
"""
