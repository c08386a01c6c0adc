"""RAVDESS speech to the network that hears emotion: corpus (features), fit (training), figures."""
