from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="service",
            name="senders",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
