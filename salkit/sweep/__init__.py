"""Many runs: local processes or a Dask cluster, shards on disk, resumed where they were."""
