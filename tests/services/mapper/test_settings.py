"""What the environment says of sources."""

from services.mapper.settings import MapperSettings, SourceOptions, source_options


def test_options_of_sources_need_no_address() -> None:
    environ = {
        "MAESTRO_SOURCE_FRETE__MODEL": "a.yaml, models",
        "MAESTRO_SOURCE_FRETE__LOCALE": "pt-BR",
        "MAESTRO_SOURCE_FRETE": "postgresql://secret@db/frete",
        "MAESTRO_SOURCE_MY_SHOP__TIME_ZONE": "UTC",
        "MAESTRO_SOURCE_EMPTY__MODEL": " ",
        "OTHER": "x",
    }
    assert source_options(environ) == {
        "frete": SourceOptions(model=("a.yaml", "models"), locale="pt-BR"),
        "my_shop": SourceOptions(time_zone="UTC"),
    }


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in MapperSettings.model_fields.values())
