"""Applications are told what changed for their people: Shared Signals Framework, CAEP, RISC."""
