from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_letters_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="scope",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
    ]
