"""A layer may say on which day it ends."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0006_time_off")]

    operations = [
        migrations.AddField(model_name="layer", name="ending", field=models.DateField(null=True)),
    ]
