import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("duties", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="asked",
            name="asked_of",
        ),
        migrations.AddField(
            model_name="asked",
            name="people",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddIndex(
            model_name="asked",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("settled_at__isnull", True)), fields=["people"], name="asked_of_people"
            ),
        ),
        migrations.RunSQL(
            "UPDATE duties_asked SET people = ARRAY[person_id] WHERE person_id IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
