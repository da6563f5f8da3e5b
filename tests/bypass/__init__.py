"""One file an attack, named for it; every case is asked through the gateway and through the HTTP door."""
