from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0008_told_watches"),
    ]

    operations = [
        migrations.AddField(
            model_name="cover",
            name="escalated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="cover",
            name="reminded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="swap",
            name="escalated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="swap",
            name="reminded_at",
            field=models.DateTimeField(null=True),
        ),
    ]
