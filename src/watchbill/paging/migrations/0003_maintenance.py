from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("paging", "0002_walk")]

    operations = [
        migrations.AddField(model_name="page", name="maintenance_at", field=models.DateTimeField(null=True)),
    ]
