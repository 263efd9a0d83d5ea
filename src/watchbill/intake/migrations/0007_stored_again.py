from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0006_mailboxes"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredAgain",
            fields=[
                ("batch", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField(db_index=True)),
                ("after", models.BigIntegerField()),
            ],
        ),
    ]
