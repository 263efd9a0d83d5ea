from django.core.management import call_command
from django.db import migrations, models


def make_cache(apps, schema_editor):
    """The table of the shared cache: throttling of sign-ins must count over all nodes."""
    call_command("createcachetable", database=schema_editor.connection.alias)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="EngineInstance",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=255)),
                ("pid", models.IntegerField()),
                ("started_at", models.DateTimeField()),
                ("last_tick_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True, default="")),
                ("failures", models.IntegerField(default=0)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("proved_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["last_tick_at"], name="engine_instance_tick")],
            },
        ),
        migrations.RunPython(make_cache, migrations.RunPython.noop),
    ]
