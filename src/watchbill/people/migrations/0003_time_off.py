import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_sign_ins"),
    ]

    operations = [
        migrations.AddField(
            model_name="timeoff",
            name="created_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="timeoff",
            name="created_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name="timeoff",
            index=models.Index(fields=["person", "end"], name="time_off_person_end"),
        ),
    ]
